BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    $null = New-ReuseportGroup web -SlotCount 4 -Port 5300 -Protocol Udp, Tcp
}

Describe 'Get-SocketSlot' {
    It 'gives every slot with a seat per kernel group' {
        $slots = @(Get-SocketSlot web)
        $slots.Slot | Should -Be 0, 1, 2, 3
        $slots | ForEach-Object { $_.Seats.Count | Should -Be 2 }
        $slots.State | Should -Be 'Active', 'Active', 'Active', 'Active'
        $slots.Cookie | Select-Object -Unique | Should -HaveCount 8
    }

    It 'takes a group from the pipeline' {
        (Get-ReuseportGroup web | Get-SocketSlot -Slot 1, 3).Slot | Should -Be 1, 3
    }

    It 'knows shares only from a policy and from counters' {
        (Get-SocketSlot web -Slot 0).Share | Should -BeNullOrEmpty
        (Get-SocketSlot web -Slot 0).ObservedShare | Should -BeNullOrEmpty
    }

    It 'shows what the policy means for each slot' {
        Set-Content TestDrive:/weighted.yaml @'
version: 1
policy: weighted
otherwise: { by: weighted, weights: { 0: 3, 1: 1 } }
'@
        $null = Set-SteeringPolicy web (Import-SteeringPolicy TestDrive:/weighted.yaml)
        (Get-SocketSlot web).Share | Should -Be 0.75, 0.25, 0, 0
        (Get-SocketSlot web).Weight | Should -Be 3, 1, 0, 0
        (Get-SocketSlot web).Generation | Should -Be 1, 1, 1, 1
        (Get-SocketSlot web -Slot 0).Load | Should -BeNullOrEmpty
    }

    It 'reports a slot that the group does not have' {
        { Get-SocketSlot web -Slot 9 -ErrorAction Stop } | Should -Throw -ErrorId 'SlotNotFound*'
    }
}
