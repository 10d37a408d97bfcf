BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    $null = New-ReuseportGroup web -SlotCount 4 -Port 5443
    $null = Set-SteeringPolicy web (New-SteeringPolicy @{ by = 'weighted'; weights = @{ 0 = 3; 1 = 1; 2 = 1; 3 = 1 } } -Name weighed)
    $null = Suspend-SocketSlot web 1 -Confirm:$false
    Export-ReuseportSnapshot web TestDrive:/web.json
    $slots = Get-SocketSlot web
    $trace = New-PacketTrace -Seed 4 -FlowCount 200 -Port 5443
    $share = ($trace | Measure-SteeringPolicy -Policy (Get-SteeringPolicy web) -Group web).Slots.Packets
}

Describe 'Import-ReuseportSnapshot' {
    It 'makes the groups again, with seats, states, weights and policy' {
        $group = Import-ReuseportSnapshot TestDrive:/web.json
        $group.Name | Should -Be web
        $group.SeatedCount | Should -Be 4
        (Get-ReuseportBackend).Seed | Should -Be 1
        $again = Get-SocketSlot web
        $again.State | Should -Be $slots.State
        $again.Weight | Should -Be $slots.Weight
        $again.Cookie | Should -Be $slots.Cookie
        (Get-ReuseportGroup web).Policy | Should -Be weighed
    }

    It 'gives the previews of the host' {
        $null = Import-ReuseportSnapshot TestDrive:/web.json
        ($trace | Measure-SteeringPolicy -Policy (Get-SteeringPolicy web) -Group web).Slots.Packets | Should -Be $share
    }

    It 'exports the same again' {
        $null = Import-ReuseportSnapshot TestDrive:/web.json
        Export-ReuseportSnapshot | Should -Be (Get-Content TestDrive:/web.json -Raw)
    }

    It 'ends the simulator before, and one import does not end another' {
        Set-ReuseportBackend Simulator
        $null = New-ReuseportGroup other -SlotCount 1
        Set-Content TestDrive:/second.json (Get-Content TestDrive:/web.json -Raw)
        { Import-ReuseportSnapshot TestDrive:/web.json, TestDrive:/second.json -ErrorAction Stop } | Should -Throw -ErrorId 'SecondSnapshot,*'
        (Get-ReuseportGroup).Name | Should -Be web
    }

    It 'makes nothing with -WhatIf' {
        Set-ReuseportBackend Simulator
        Import-ReuseportSnapshot TestDrive:/web.json -WhatIf
        Get-ReuseportGroup | Should -BeNullOrEmpty
    }

    It 'refuses what is damaged, and the simulator stays' {
        Set-ReuseportBackend Simulator
        $null = New-ReuseportGroup other -SlotCount 1
        Set-Content TestDrive:/half.json '{ "format": "reuseport-snapshot", "version": 1,'
        { Import-ReuseportSnapshot TestDrive:/half.json -ErrorAction Stop } | Should -Throw -ErrorId 'SnapshotInvalid,*'
        Set-Content TestDrive:/newer.json '{ "format": "reuseport-snapshot", "version": 2 }'
        { Import-ReuseportSnapshot TestDrive:/newer.json -ErrorAction Stop } | Should -Throw '*RPS5391*'
        (Get-ReuseportGroup).Name | Should -Be other
    }
}
