BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    Set-Content TestDrive:/a.yaml "version: 1`npolicy: a`notherwise: { by: weighted, weights: { 0: 1, 1: 1 } }"
    Set-Content TestDrive:/a2.yaml "version: 1`npolicy: a`notherwise: { by: weighted, weights: { 0: 9, 1: 1 } }"
    Set-Content TestDrive:/b.yaml "version: 1`npolicy: b`notherwise: { by: slot, slot: 2 }"
    Set-Content TestDrive:/slot9.yaml "version: 1`npolicy: slot9`notherwise: { by: slot, slot: 9 }"
}

Describe 'Set-SteeringPolicy' {
    BeforeEach {
        Set-ReuseportBackend Simulator -Seed 1
        $null = New-ReuseportGroup web -SlotCount 4 -Port 5300 -Protocol Udp, Tcp
    }

    It 'says what changed: Program, then None, then Data, then Program' {
        (Set-SteeringPolicy web TestDrive:/a.yaml).Change | Should -Be 'Program'
        (Set-SteeringPolicy web TestDrive:/a.yaml).Change | Should -Be 'None'
        (Set-SteeringPolicy web TestDrive:/a2.yaml).Change | Should -Be 'Data'
        (Set-SteeringPolicy web TestDrive:/b.yaml).Change | Should -Be 'Program'
    }

    It 'keeps the program when only data changes' {
        $null = Set-SteeringPolicy web TestDrive:/a.yaml
        $before = (Get-ReuseportGroup web).ProgramId
        $null = Set-SteeringPolicy web TestDrive:/a2.yaml
        (Get-ReuseportGroup web).ProgramId | Should -Be $before
        (Get-SocketSlot web -Slot 0).Share | Should -Be 0.9
    }

    It 'changes nothing with -WhatIf' {
        $null = Set-SteeringPolicy web TestDrive:/a.yaml
        Set-SteeringPolicy web TestDrive:/b.yaml -WhatIf | Should -BeNullOrEmpty
        (Get-SteeringPolicy web).Policy.Name | Should -Be 'a'
    }

    It 'leaves the group as it was when the policy names a slot it lacks' {
        $null = Set-SteeringPolicy web TestDrive:/a.yaml
        $before = (Get-ReuseportGroup web).ProgramId
        { Set-SteeringPolicy web TestDrive:/slot9.yaml -ErrorAction Stop } | Should -Throw -ErrorId 'PolicyInvalid*'
        (Get-SteeringPolicy web).Policy.Name | Should -Be 'a'
        (Get-ReuseportGroup web).ProgramId | Should -Be $before
    }

    It 'takes groups from the pipeline' {
        $null = New-ReuseportGroup dns -SlotCount 3 -Port 5353
        (Get-ReuseportGroup | Set-SteeringPolicy -Policy TestDrive:/a.yaml).Group | Should -Be 'dns', 'web'
    }

    It 'reports a group that is not there' {
        { Set-SteeringPolicy nothing TestDrive:/a.yaml -ErrorAction Stop } | Should -Throw -ErrorId 'GroupNotFound*'
    }
}
